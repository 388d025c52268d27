"""Documents of jobs and components as people write them: with and without schema and type, in all syntaxes of references."""

# ruff: noqa: E501, W291 — the lines are as people write them

from __future__ import annotations

FILES = {
    "src/main.py": "print(1)\n",
    "data/a.csv": "a,b\n",
    "data/train.jsonl": "{}\n",
    "table/MLTable": "paths:\n  - file: ./a.csv\n",
    "table/a.csv": "a,b\n",
}

DOCUMENTS = {
    "automl1.yml": """\
$schema: https://azuremlsdk2.blob.core.windows.net/preview/0.0.1/autoMLJob.schema.json
type: automl
task: classification
experiment_name: a
compute: azureml:cpu-cluster
primary_metric: accuracy
target_column_name: y
n_cross_validations: 5
training_data: {path: ./table, type: mltable}
validation_data_size: 0.2
limits: {timeout_minutes: 180, max_trials: 40, max_concurrent_trials: 5, trial_timeout_minutes: 20, enable_early_termination: true, exit_score: 0.92, max_cores_per_trial: -1}
training: {enable_stack_ensemble: true, enable_vote_ensemble: true, blocked_training_algorithms: [logistic_regression], stack_ensemble_settings: {stack_meta_learner_type: LightGBMClassifier, stack_meta_learner_train_percentage: 0.2}}
featurization: {mode: custom, blocked_transformers: [LabelEncoder], column_name_and_types: {a: Categorical}, transformer_params: {imputer: [{fields: [a], parameters: {strategy: most_frequent}}]}, dataset_language: eng, enable_dnn_featurization: false}
properties: {a: b}
""",
    "automl2.yml": """\
type: automl
task: forecasting
compute: azureml:cpu-cluster
primary_metric: normalized_root_mean_squared_error
target_column_name: b
training_data: {path: ./table, type: mltable}
n_cross_validations: auto
forecasting: {time_column_name: a, forecast_horizon: auto, frequency: H, target_lags: [1, 2], target_rolling_window_size: auto, country_or_region_for_holidays: US, time_series_id_column_names: [x], short_series_handling_config: pad, target_aggregate_function: sum, use_stl: season, feature_lags: auto, seasonality: auto, cv_step_size: 1, features_unknown_at_forecast_time: [z]}
training: {allowed_training_algorithms: [prophet, auto_arima], enable_dnn_training: true}
featurization: {mode: auto}
""",
    "automl_image_classification.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/autoMLJob.schema.json
type: automl
task: image_classification
compute: azureml:gpu-cluster
log_verbosity: info
primary_metric: accuracy
target_column_name: label
training_data: {path: ./table, type: mltable}
validation_data: {path: ./table, type: mltable}
limits: {timeout_minutes: 60, max_trials: 10, max_concurrent_trials: 2}
training_parameters: {early_stopping: True, evaluation_frequency: 1, model_name: vitb16r224, number_of_epochs: 15}
sweep: {sampling_algorithm: random, early_termination: {type: bandit, evaluation_interval: 2, slack_factor: 0.2, delay_evaluation: 6}}
search_space:
  - model_name: {type: choice, values: [vitb16r224, vits16r224]}
    learning_rate: {type: uniform, min_value: 0.001, max_value: 0.01}
    number_of_epochs: {type: choice, values: [15, 30]}
  - model_name: {type: choice, values: [seresnext, resnest50]}
    layers_to_freeze: {type: choice, values: [0, 2]}
    optimizer: {type: choice, values: [sgd, adam]}
    warmup_cosine_lr_warmup_epochs: {type: choice, values: [0, 3]}
""",
    "automl_image_object_detection.yml": """\
type: automl
task: image_object_detection
compute: azureml:gpu-cluster
primary_metric: mean_average_precision
target_column_name: label
training_data: {path: ./table, type: mltable}
limits: {timeout_minutes: 60, max_trials: 10, max_concurrent_trials: 2}
training_parameters: {early_stopping: true, model_name: maskrcnn_resnet50_fpn, nms_iou_threshold: 0.7, tile_grid_size: 3x2}
sweep: {sampling_algorithm: grid, early_termination: {type: truncation_selection, truncation_percentage: 20}}
search_space:
  - model_name: {type: choice, values: [maskrcnn_resnet50_fpn]}
    min_size: {type: choice, values: [600, 800]}
    model_size: {type: choice, values: [small, medium]}
    multi_scale: {type: choice, values: [true, false]}
    validation_metric_type: {type: choice, values: [coco, voc]}
    box_score_threshold: {type: quniform, min_value: 0.1, max_value: 0.5, q: 0.1}
""",
    "automl_text_classification.yml": """\
type: automl
task: text_classification
compute: azureml:gpu-cluster
primary_metric: accuracy
target_column_name: label
training_data: {path: ./table, type: mltable}
validation_data: {path: ./table, type: mltable}
featurization: {dataset_language: eng}
limits: {timeout_minutes: 60, max_trials: 2, max_nodes: 2, trial_timeout_minutes: 20}
training_parameters: {learning_rate_scheduler: linear, number_of_epochs: 3}
sweep: {sampling_algorithm: random, early_termination: {type: bandit, slack_amount: 0.02, evaluation_interval: 10}}
search_space:
  - model_name: {type: choice, values: [bert-base-cased, roberta-base]}
    number_of_epochs: {type: choice, values: [3, 4]}
    learning_rate: {type: loguniform, min_value: 0.001, max_value: 0.1}
  - learning_rate_scheduler: {type: choice, values: [linear, cosine_with_restarts]}
    gradient_accumulation_steps: 2
""",
    "automl_text_ner.yml": """\
type: automl
task: text_ner
compute: azureml:gpu-cluster
primary_metric: accuracy

training_data: {path: ./table, type: mltable}
validation_data: {path: ./table, type: mltable}
featurization: {dataset_language: eng}
limits: {timeout_minutes: 60, max_trials: 2, max_nodes: 2, trial_timeout_minutes: 20}
training_parameters: {learning_rate_scheduler: linear, number_of_epochs: 3}
sweep: {sampling_algorithm: random, early_termination: {type: bandit, slack_amount: 0.02, evaluation_interval: 10}}
search_space:
  - model_name: {type: choice, values: [bert-base-cased, roberta-base]}
    number_of_epochs: {type: choice, values: [3, 4]}
    learning_rate: {type: loguniform, min_value: 0.001, max_value: 0.1}
  - learning_rate_scheduler: {type: choice, values: [linear, cosine_with_restarts]}
    gradient_accumulation_steps: 2
""",
    "cmd1.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo "hello ${{inputs.name}}" $[[--rate ${{inputs.rate}}]]
environment:
  image: library/python:latest
inputs: {name: world, rate: 0.5}
compute: azureml:cpu-cluster
""",
    "cmd2.YAML": """\
command: python main.py --in ${{inputs.d}} --out ${{outputs.o}}
code: src
environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
inputs:
  d: {type: uri_file, path: https://example.blob.core.windows.net/data/a.csv}
  raw: wasbs://data@example.blob.core.windows.net/titanic.csv
outputs: {o: {type: uri_folder, mode: rw_mount, path: azureml://datastores/workspaceblobstore/paths/x/}}
resources: {instance_count: 2}
distribution: {type: pytorch, process_count_per_instance: 1}
compute: azureml:gpu-cluster
environment_variables: {A: "1"}
experiment_name: e
""",
    "cmd3.yml": """\
$schema: http://azureml/sdk-2-0/CommandJob.json 
type: command
command: ls
environment: azureml:AzureML-lightgbm-3.3@latest
compute: azureml:serverless
queue_settings: {job_tier: spot}
services:
  my_vscode: {type: vs_code}
  my_jup: {type: jupyter_lab}
  tb: {type: tensor_board, log_dir: outputs/tb}
""",
    "comp.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: prep
version: 0.0.1
type: command
inputs: {d: {type: uri_folder}, n: {type: integer, default: 10, min: 1, max: 20, optional: true}}
outputs: {o: {type: uri_folder}}
code: src
environment: azureml://registries/azureml/environments/sklearn-1.5/versions/1
command: python main.py --d ${{inputs.d}} $[[--n ${{inputs.n}}]] --o ${{outputs.o}}
""",
    "crlf.yml": "type: command\r\ncommand: |\r\n  echo a\r\n  echo b\r\nenvironment:\r\n  image: a/b\r\ncompute: azureml:cpu\r\n",
    "ft1.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/finetuningJob.schema.json
type: finetuning
task: chat_completion
model_provider: azure_open_ai
model: {type: custom_model, path: "azureml://registries/azure-openai/models/gpt-4o-mini/versions/2"}
training_data: {type: uri_file, path: ./data/train.jsonl}
validation_data: {type: uri_file, path: ./data/train.jsonl}
hyperparameters: {batch_size: 1, learning_rate_multiplier: 0.00002, n_epochs: 1}
properties: {a: "1"}
outputs: {registered_model: {type: custom_model, name: ft}}
""",
    "par.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/parallelComponent.schema.json
name: par
version: 1
type: parallel
inputs: {d: {type: uri_folder}}
outputs: {o: {type: uri_file}}
resources: {instance_count: 2}
mini_batch_size: "1"
mini_batch_error_threshold: 1
max_concurrency_per_instance: 2
retry_settings: {max_retries: 2, timeout: 60}
logging_level: DEBUG
input_data: ${{inputs.d}}
task: {type: run_function, code: src, entry_script: main.py, environment: azureml:e:1, append_row_to: "${{outputs.o}}"}
""",
    "pcomp.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
name: pcomp
type: pipeline
version: 1
inputs: {raw: {type: uri_folder}}
jobs:
  a: {type: command, component: ./comp.yml, inputs: {d: "${{parent.inputs.raw}}"}}
""",
    "pipe1.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
display_name: p
settings: {default_compute: azureml:cpu-cluster, default_datastore: azureml:workspaceblobstore}
inputs: {raw: {type: uri_folder, path: ./data}}
outputs: {final: {mode: upload}}
jobs:
  a: {type: command, component: ./comp.yml, inputs: {d: "${{parent.inputs.raw}}", n: 3}}
  b: {type: command, component: file:./comp.yml, inputs: {d: "${{parent.jobs.a.outputs.o}}"}, outputs: {o: "${{parent.outputs.final}}"}}
  c: {type: command, component: "azureml:x:1", inputs: {d: "${{parent.jobs.a.outputs.o}}"}}
  s:
    type: sweep
    trial: ./comp.yml
    inputs: {d: "${{parent.jobs.a.outputs.o}}"}
    search_space: {n: {type: choice, values: [1, 2]}}
    objective: {goal: maximize, primary_metric: acc}
    limits: {max_total_trials: 2}
""",
    "pipe2.yml": """\
type: pipeline
component: ./pcomp.yml
inputs: {raw: {type: uri_folder, path: ./data}}
settings: {default_compute: azureml:cpu-cluster}
""",
    "spark1.yml": """\
$schema: http://azureml/sdk-2-0/SparkJob.json
type: spark
code: ./src
entry: {file: main.py}
conf: {spark.driver.cores: 1, spark.driver.memory: 2g, spark.executor.cores: 2, spark.executor.memory: 2g, spark.executor.instances: 2}
inputs:
  t: {type: uri_file, path: azureml://datastores/workspaceblobstore/paths/data/titanic.csv, mode: direct}
outputs: {w: {type: uri_folder, path: azureml://datastores/workspaceblobstore/paths/data/wrangled/, mode: direct}}
args: >-
  --t ${{inputs.t}}
  --w ${{outputs.w}}
identity: {type: user_identity}
resources: {instance_type: standard_e4s_v3, runtime_version: "3.4"}
""",
    "sweep1.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
trial:
  code: src
  command: python main.py --lr ${{search_space.lr}} --d ${{inputs.d}}
  environment: azureml:env:1
inputs: {d: {type: uri_file, path: ./data/a.csv}}
compute: azureml:cpu-cluster
sampling_algorithm: random
search_space:
  lr: {type: uniform, min_value: 0.01, max_value: 0.9}
  b: {type: choice, values: [1, 2]}
  n: {type: randint, upper: 10}
  q: {type: qlognormal, mu: 1, sigma: 2, q: 1}
objective: {goal: minimize, primary_metric: loss}
limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 7200}
early_termination: {type: median_stopping, delay_evaluation: 5, evaluation_interval: 1}
""",
}
