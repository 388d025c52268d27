"""Names of conda packages and what they are called for pip.

Source: the names as conda-forge and the Python package index publish them. Only names that are known to mean the same
project are here: a package that merely has the same name may be a stranger's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SAME_NAMES: Final = frozenset(
    """
    absl-py accelerate aiohttp altair anyio argcomplete arrow asttokens attrs azure-core azure-identity
    azure-storage-blob azureml-core azureml-dataset-runtime azureml-defaults azureml-inference-server-http
    azureml-mlflow beautifulsoup4 black bokeh boto3 botocore cachetools catboost category_encoders certifi cffi
    charset-normalizer click cloudpickle colorama coloredlogs contourpy cryptography cycler cython dask datasets
    debugpy decorator deepspeed dill distributed docker einops evaluate faker fastapi fastparquet filelock
    flake8 flaml flask flatbuffers fonttools fsspec gensim gitpython google-auth greenlet grpcio gunicorn h5py
    holidays huggingface_hub hyperopt idna imageio imbalanced-learn importlib-metadata inference-schema
    ipykernel ipython ipywidgets isort jinja2 joblib jsonschema jupyter jupyterlab keras kiwisolver librosa
    lightgbm llvmlite lxml lz4 markdown markupsafe marshmallow matplotlib mlflow mlflow-skinny mltable mpmath
    msal msgpack mypy nbconvert nbformat networkx nltk notebook numba numexpr numpy oauthlib onnx onnxruntime
    openpyxl optuna orjson packaging pandas pandas-stubs papermill paramiko pathspec patsy peft pillow
    platformdirs plotly polars portalocker prometheus_client prompt_toolkit prophet protobuf psutil psycopg2
    pyarrow pycparser pydantic pydot pygments pyjwt pymongo pyodbc pyparsing pyspark pytest python-dateutil
    python-dotenv pytorch-lightning pytz pyyaml pyzmq ray redis regex requests rich ruamel.yaml ruff safetensors
    scikit-image scikit-learn scipy seaborn sentencepiece shap six skl2onnx smart_open spacy sqlalchemy
    starlette statsforecast statsmodels sympy tabulate tenacity tensorboard tensorflow tensorflow-cpu termcolor
    threadpoolctl tiktoken timm tokenizers toml torchaudio torchmetrics torchtext torchvision tornado tqdm
    traitlets transformers typer typing-extensions tzdata ujson umap-learn urllib3 uvicorn uvloop wandb werkzeug
    wrapt xarray xgboost xlrd xlsxwriter yarl zstandard
    """.split()  # noqa: SIM905  # two hundred names read better without quotes
)
"""Packages that have one name on both sides."""

OTHER_NAMES: Final[Mapping[str, str]] = {
    "graphviz-python": "graphviz",
    "keras-gpu": "keras",
    "matplotlib-base": "matplotlib",
    "opencv": "opencv-python-headless",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "python-flatbuffers": "flatbuffers",
    "python-graphviz": "graphviz",
    "pytables": "tables",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "ruamel_yaml": "ruamel.yaml",
    "seaborn-base": "seaborn",
}
"""Packages that are called something else for pip."""

NOT_PYTHON: Final[Mapping[str, str]] = {
    "blas": "a linear algebra library",
    "cmake": "a build tool",
    "cuda": "a GPU toolkit",
    "cuda-toolkit": "a GPU toolkit",
    "cudatoolkit": "a GPU toolkit",
    "cudnn": "a GPU library",
    "ffmpeg": "a video program",
    "gcc": "a compiler",
    "git": "a program",
    "graphviz": "a program",
    "gxx": "a compiler",
    "libgcc": "a C library",
    "mkl": "a linear algebra library",
    "nccl": "a GPU library",
    "nodejs": "a JavaScript runtime",
    "openjdk": "a Java runtime",
    "openmpi": "a message-passing runtime",
    "pytorch-cuda": "a choice of GPU toolkit",
    "r-base": "the R language",
}
"""Packages that are no Python distributions."""
