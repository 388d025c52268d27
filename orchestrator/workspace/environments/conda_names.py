"""Names of conda packages and what they are called for pip.

Source: the names as conda-forge and the Python package index publish them. Only names that are known to mean the same
project are here: a package that merely has the same name may be a stranger's. ``conda_same_names.txt`` has those of the most
downloaded packages of the index: nobody can have such a name by chance, and conda-forge builds those projects under it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_BY_HAND: Final = frozenset(
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


def normal(name: str) -> str:
    """A name as the package index compares them: ``Ruamel_YAML`` is ``ruamel-yaml``. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


SAME_NAMES: Final = frozenset(
    {
        *map(normal, _BY_HAND),
        *Path(__file__).with_name("conda_same_names.txt").read_text(encoding="ascii").split(),
    }
)
"""Packages that have one name on both sides; see `normal`."""

OTHER_NAMES: Final[Mapping[str, str]] = {
    "graphviz-python": "graphviz",
    "docker-py": "docker",
    "faiss": "faiss-cpu",
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
    "tensorflow-base": "tensorflow",
    "tensorflow-mkl": "tensorflow",
}
"""Packages that are called something else for pip."""

IMPLIED: Final = frozenset(
    """
    _libgcc_mutex _openmp_mutex _py-xgboost-mutex blas bzip2 ca-certificates cpuonly expat icu intel-openmp krb5
    ld_impl_linux-64 ld_impl_linux-aarch64
    libblas libcblas libedit libexpat libffi libgcc libgcc-ng libgfortran libgfortran-ng libgfortran4 libgfortran5 libgomp liblapack
    liblzma libnsl libopenblas libsqlite libstdcxx libstdcxx-ng libuuid libxcrypt libzlib llvm-openmp mkl mkl-service mkl_fft mkl_random
    ncurses nomkl numpy-base openblas openssl python_abi readline sqlite tk tzcode xz zlib
    """.split()  # noqa: SIM905
)
"""What Python itself and its packages bring along where they come from the index: the C runtime, codecs, linear algebra."""

NOT_PYTHON: Final[Mapping[str, str]] = {
    "bazel": "a build tool",
    "blosc": "a C library",
    "boost": "a C++ library",
    "clang": "a compiler",
    "cmake": "a build tool",
    "cuda": "a GPU toolkit",
    "cuda-toolkit": "a GPU toolkit",
    "cudatoolkit": "a GPU toolkit",
    "cudnn": "a GPU library",
    "curl": "a program",
    "eigen": "a C++ library",
    "ffmpeg": "a video program",
    "fftw": "a C library",
    "gcc": "a compiler",
    "gdal": "a geographic library",
    "geos": "a geographic library",
    "git": "a program",
    "graphviz": "a program",
    "gxx": "a compiler",
    "hdf5": "a C library",
    "imagemagick": "a program",
    "java-jdk": "a Java runtime",
    "libpng": "a C library",
    "libtiff": "a C library",
    "make": "a build tool",
    "mpich": "a message-passing runtime",
    "mysql": "a database",
    "nccl": "a GPU library",
    "nodejs": "a JavaScript runtime",
    "openjdk": "a Java runtime",
    "openmpi": "a message-passing runtime",
    "pandoc": "a program",
    "perl": "a language",
    "poppler": "a program",
    "postgresql": "a database",
    "proj": "a geographic library",
    "pytorch-cuda": "a choice of GPU toolkit",
    "r": "the R language",
    "r-base": "the R language",
    "redis-server": "a database",
    "rust": "a compiler",
    "snappy": "a C library",
    "swig": "a build tool",
    "tesseract": "a program",
    "wget": "a program",
}
"""Packages that are no Python distributions."""
