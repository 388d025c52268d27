"""Pipeline documents of every shape that people write, with the files that they name."""

from __future__ import annotations

FILES = {
    "src/train.py": "print(1)\n",
    "data/rows.csv": "a,b\n1,2\n",
    "table/MLTable": "paths:\n  - file: ./rows.csv\n",
    "table/rows.csv": "a,b\n1,2\n",
    "parts/conda.yml": "name: x\ndependencies: [python=3.10]\n",
    "parts/environment.yml": "name: inner\nimage: example/base\nconda_file: ./conda.yml\n",
    "parts/prepare.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: prepare
version: 3
display_name: prepares
tags: {team: a}
inputs:
  rows: {type: uri_file}
  share: {type: number, default: 0.5}
  note: {type: string, optional: true}
outputs:
  clean: {type: uri_folder}
code: ../src
environment: {image: example/base, conda_file: ./conda.yml}
command: python train.py --rows ${{inputs.rows}} --share ${{inputs.share}} $[[--note ${{inputs.note}}]] --out ${{outputs.clean}}
""",
    "parts/trial.yml": """\
name: trial
type: command
inputs: {rate: {type: number}, clean: {type: uri_folder, optional: true}}
outputs: {model: {type: mlflow_model}}
code: ../src
environment: azureml:packages:1
command: python train.py --rate ${{inputs.rate}} $[[--data ${{inputs.clean}}]] --out ${{outputs.model}}
""",
    "parts/batches.yml": """\
name: batches
type: parallel
inputs: {rows: {type: uri_folder}}
outputs: {scores: {type: uri_file}}
input_data: ${{inputs.rows}}
mini_batch_size: "10"
resources: {instance_count: 2}
task:
  type: run_function
  code: ../src
  entry_script: train.py
  environment: azureml:packages:1
  append_row_to: ${{outputs.scores}}
""",
    "parts/whole.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
name: whole
type: pipeline
inputs: {rows: {type: uri_file}, share: {type: number, default: 0.2}}
outputs: {clean: {type: uri_folder}}
jobs:
  first:
    type: command
    component: ./prepare.yml
    inputs: {rows: "${{parent.inputs.rows}}", share: "${{parent.inputs.share}}"}
    outputs: {clean: "${{parent.outputs.clean}}"}
""",
    "parts/deep.yml": """\
name: deep
type: pipeline
inputs: {rows: {type: uri_file}}
jobs:
  inner: {type: pipeline, component: ./whole.yml, inputs: {rows: "${{parent.inputs.rows}}"}}
  after:
    type: command
    component: file:./trial.yml
    inputs: {rate: 1, clean: "${{parent.jobs.inner.outputs.clean}}"}
""",
    "parts/spark.yml": """\
name: counts
type: spark
inputs: {rows: {type: uri_file, mode: direct}}
code: ../src
entry: {file: train.py}
conf: {spark.driver.cores: 1, spark.driver.memory: 2g, spark.executor.cores: 2, spark.executor.memory: 2g, spark.executor.instances: 1}
args: --rows ${{inputs.rows}}
""",
}

_SETTINGS = "settings: {default_compute: azureml:cpu}\n"
_ECHO = "{command: echo 1, environment: azureml:packages:1}"
_ROWS = "{type: uri_file, path: ./data/rows.csv}"

DOCUMENTS = {
    "one step": f"{_SETTINGS}jobs:\n  one: {_ECHO}\n",
    "a step without a type, with code and variables": """\
compute: azureml:cpu
jobs:
  one:
    command: python train.py --rate ${{inputs.rate}}
    code: ./src
    environment: azureml:packages@latest
    environment_variables: {DEPTH: "3"}
    inputs: {rate: 0.1, flag: true, word: text, whole: 3}
    limits: {timeout: 60}
    resources: {instance_count: 2, shm_size: 2g}
    distribution: {type: pytorch, process_count_per_instance: 2}
    identity: {type: managed}
    display_name: trains
    tags: {team: a}
    services: {shell: {type: ssh, ssh_public_keys: ssh-rsa AAAA}}
""",
    "inputs and outputs of every form": f"""\
{_SETTINGS}inputs:
  rows: {_ROWS}
  table: {{type: mltable, path: ./table, mode: eval_mount}}
  model: {{type: mlflow_model, path: azureml:model:1}}
  url: {{type: uri_file, path: "https://example.com/rows.csv"}}
  store: {{type: uri_folder, path: azureml://datastores/workspaceblobstore/paths/rows/, mode: download}}
  rate: 0.1
  word: text
  flag: false
  later: {{type: uri_folder}}
outputs:
  kept: {{type: uri_folder, mode: upload, path: azureml://datastores/workspaceblobstore/paths/kept}}
  named: {{type: mlflow_model, name: model, version: "2"}}
  any:
jobs:
  one:
    component: ./parts/prepare.yml
    inputs:
      rows: {{path: "${{{{parent.inputs.rows}}}}", mode: download}}
      share: ${{{{parent.inputs.rate}}}}
    outputs:
      clean: {{path: "${{{{parent.outputs.kept}}}}", mode: upload}}
  two:
    command: ls ${{{{inputs.clean}}}} ${{{{outputs.model}}}}
    environment: azureml:packages:1
    inputs: {{clean: "${{{{parent.jobs.one.outputs.clean}}}}", own: {_ROWS}}}
    outputs: {{model: "${{{{parent.outputs.named}}}}", scratch: {{type: uri_folder, mode: rw_mount}}, plain: }}
""",
    "a component's file, bare": f"{_SETTINGS}jobs:\n  one: {{component: parts/prepare.yml, inputs: {{rows: {_ROWS}}}}}\n",
    "a component's file, with file:": (
        f"{_SETTINGS}jobs:\n  one: {{type: command, component: file:./parts/prepare.yml, inputs: {{rows: {_ROWS}}}}}\n"
    ),
    "components by name": f"""\
{_SETTINGS}jobs:
  one: {{component: azureml:prepare:1, inputs: {{rows: {_ROWS}}}}}
  two: {{type: command, component: azureml:prepare@latest}}
  three: {{component: azureml://registries/azureml/components/prepare/versions/1, compute: azureml:gpu}}
  four: {{component: azureml://registries/azureml/components/prepare/labels/latest}}
  five: {{type: pipeline, component: azureml:whole:1}}
""",
    "a component in the step": f"""\
{_SETTINGS}jobs:
  one:
    type: command
    component:
      type: command
      inputs: {{n: {{type: integer, default: 3, min: 1, max: 5}}}}
      code: ./src
      command: echo ${{{{inputs.n}}}}
      environment: {{image: example/base, conda_file: parts/conda.yml}}
    inputs: {{n: 4}}
""",
    "an environment in a file": (
        f"{_SETTINGS}jobs:\n  one: {{command: echo 1, environment: file:./parts/environment.yml}}\n"
    ),
    "all settings": f"""\
settings:
  default_compute: azureml:cpu
  default_datastore: azureml:workspaceblobstore
  continue_on_step_failure: true
  continue_run_on_failed_optional_input: false
  force_rerun: true
  default_datestore: misspelt
jobs:
  one: {_ECHO}
""",
    "serverless": f"settings: {{default_compute: serverless}}\njobs:\n  one: {_ECHO}\n",
    "on init and on finalize": (
        "settings: {default_compute: azureml:cpu, on_init: one, on_finalize: three}\n"
        f"jobs:\n  one: {_ECHO}\n  two: {_ECHO}\n  three: {_ECHO}\n"
    ),
    "a sweep": f"""\
{_SETTINGS}jobs:
  tune:
    type: sweep
    trial: ./parts/trial.yml
    search_space:
      rate: {{type: uniform, min_value: 0.1, max_value: 0.9}}
    objective: {{goal: minimize, primary_metric: loss}}
    sampling_algorithm: random
    early_termination: {{type: bandit, slack_factor: 0.1, evaluation_interval: 1}}
    limits: {{max_total_trials: 4, max_concurrent_trials: 2, timeout: 600}}
    outputs: {{model: }}
  use:
    command: ls ${{{{inputs.model}}}}
    environment: azureml:packages:1
    inputs: {{model: "${{{{parent.jobs.tune.outputs.model}}}}"}}
""",
    "a parallel component": f"""\
{_SETTINGS}jobs:
  one:
    type: parallel
    component: parts/batches.yml
    inputs: {{rows: {{type: uri_folder, path: ./data}}}}
    mini_batch_size: "2"
    max_concurrency_per_instance: 3
    retry_settings: {{max_retries: 2, timeout: 60}}
    logging_level: DEBUG
""",
    "a parallel step": f"""\
{_SETTINGS}jobs:
  one:
    type: parallel
    inputs: {{rows: {{type: uri_folder, path: ./data}}}}
    outputs: {{scores: {{type: uri_file}}}}
    input_data: ${{{{inputs.rows}}}}
    mini_batch_size: "1"
    mini_batch_error_threshold: 5
    resources: {{instance_count: 2}}
    environment_variables: {{DEPTH: "3"}}
    task:
      type: function
      code: ./src
      entry_script: train.py
      program_arguments: --fast
      environment: azureml:packages:1
      append_row_to: ${{{{outputs.scores}}}}
""",
    "a nested pipeline": f"""\
{_SETTINGS}inputs: {{rows: {_ROWS}}}
jobs:
  one: {{type: pipeline, component: ./parts/whole.yml, inputs: {{rows: "${{{{parent.inputs.rows}}}}"}}}}
  two:
    component: parts/prepare.yml
    inputs: {{rows: "${{{{parent.jobs.one.outputs.clean}}}}"}}
""",
    "pipelines three deep": (
        f"{_SETTINGS}jobs:\n  one: {{type: pipeline, component: parts/deep.yml, inputs: {{rows: {_ROWS}}}}}\n"
    ),
    "a pipeline component as the pipeline": (
        f"$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\n{_SETTINGS}"
        f"component: ./parts/whole.yml\ninputs: {{rows: {_ROWS}}}\n"
    ),
    "a named pipeline component as the pipeline": (
        "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\n"
        f"component: azureml:whole:1\ninputs: {{rows: {_ROWS}}}\n"
    ),
    "AutoML": f"""\
{_SETTINGS}inputs: {{table: {{type: mltable, path: ./table}}}}
jobs:
  search:
    type: automl
    task: classification
    primary_metric: accuracy
    target_column_name: b
    training_data: ${{{{parent.inputs.table}}}}
    n_cross_validations: 2
    featurization: {{mode: auto}}
    limits: {{max_trials: 2, timeout_minutes: 10}}
    training: {{enable_stack_ensemble: false}}
    outputs: {{best_model: {{type: mlflow_model}}}}
  use:
    command: ls ${{{{inputs.model}}}}
    environment: azureml:packages:1
    inputs: {{model: "${{{{parent.jobs.search.outputs.best_model}}}}"}}
""",
    "AutoML on text": f"""\
{_SETTINGS}inputs: {{table: {{type: mltable, path: ./table}}}}
jobs:
  search:
    type: automl
    task: text_classification
    target_column_name: b
    training_data: ${{{{parent.inputs.table}}}}
    validation_data: ${{{{parent.inputs.table}}}}
    limits: {{timeout_minutes: 10, max_trials: 1}}
    outputs: {{best_model: {{type: mlflow_model}}}}
""",
    "Spark": """\
jobs:
  one:
    type: spark
    code: ./src
    entry: {file: train.py}
    conf:
      {spark.driver.cores: 1, spark.driver.memory: 2g, spark.executor.cores: 2, spark.executor.memory: 2g, spark.executor.instances: 1}
    args: --rows ${{inputs.rows}}
    inputs: {rows: {type: uri_file, path: ./data/rows.csv, mode: direct}}
    resources: {instance_type: standard_e4s_v3, runtime_version: "3.4"}
    identity: {type: user_identity}
  two:
    type: spark
    component: parts/spark.yml
    inputs: {rows: {type: uri_file, path: ./data/rows.csv, mode: direct}}
    resources: {instance_type: standard_e8s_v3, runtime_version: "3.4"}
""",
    "data transfers": """\
inputs: {folder: {type: uri_folder, path: azureml://datastores/workspaceblobstore/paths/rows/}}
jobs:
  copy:
    type: data_transfer
    task: copy_data
    data_copy_mode: merge_with_overwrite
    compute: azureml:adf
    inputs: {folder: "${{parent.inputs.folder}}"}
    outputs: {copied: {type: uri_folder}}
  bring:
    type: data_transfer
    task: import_data
    compute: azureml:adf
    source: {type: database, query: select 1, connection: azureml:snow}
    outputs: {sink: {type: mltable}}
  take:
    type: data_transfer
    task: export_data
    compute: azureml:adf
    inputs: {source: {type: uri_file, path: azureml://datastores/workspaceblobstore/paths/rows.csv}}
    sink: {type: database, table_name: rows, connection: azureml:snow}
""",
    "an import": """\
jobs:
  one:
    type: import
    source: {type: azuresqldb, connection: azureml:snow, query: select 1}
    output: {type: mltable, path: azureml://datastores/workspaceblobstore/paths/rows}
""",
    "an experiment and labels": f"""\
{_SETTINGS}experiment_name: trials
display_name: two steps
description: a pipeline
tags: {{team: a}}
properties: {{origin: test}}
identity: {{type: user_identity}}
jobs:
  one: {_ECHO}
  two: {{component: parts/trial.yml, inputs: {{rate: 1}}, comment: second, strange: 3, compute: gpu}}
""",
    "expressions in fields of steps": f"""\
{_SETTINGS}inputs: {{time: 60, nodes: 2}}
jobs:
  one:
    type: command
    component: parts/trial.yml
    inputs: {{rate: 1}}
    limits: {{timeout: "${{{{parent.inputs.time}}}}"}}
    resources: {{instance_count: "${{{{parent.inputs.nodes}}}}"}}
""",
}
