"""Ten folders in the shape of those that people bring: documents, code, scripts and workflows."""

from __future__ import annotations

from typing import Final

_SCHEMAS = "$schema: https://azuremlschemas.azureedge.net/latest"
_ENDPOINT = f"{_SCHEMAS}/managedOnlineEndpoint.schema.json\nname: {{}}\nauth_mode: key\n"
_DEPLOYMENT = f"""{_SCHEMAS}/managedOnlineDeployment.schema.json
name: {{}}
endpoint_name: scoring
model: {{{{path: ../model/}}}}
code_configuration: {{{{code: ../onlinescoring/, scoring_script: score.py}}}}
environment: {{{{conda_file: ../environment/conda.yml, image: mcr.microsoft.com/azureml/minimal-py311-inference}}}}
instance_type: Standard_DS3_v2
instance_count: 1
"""
_CONDA = "name: scoring\nchannels: [conda-forge]\ndependencies: [python=3.11, pip]\n"
_SCORE = "def init():\n    pass\n\n\ndef run(data):\n    return data\n"
_JOB = f"""{_SCHEMAS}/commandJob.schema.json
command: echo ${{{{inputs.word}}}}
environment: {{image: mcr.microsoft.com/azureml/minimal-py311-inference}}
compute: azureml:cpu-cluster
inputs: {{word: hello}}
"""
_COMPONENT = f"""{_SCHEMAS}/commandComponent.schema.json
name: {{name}}
type: command
inputs: {{{{rows: {{{{type: uri_folder}}}}}}}}
outputs: {{{{out: {{{{type: uri_folder}}}}}}}}
command: cp ${{{{{{{{inputs.rows}}}}}}}}/* ${{{{{{{{outputs.out}}}}}}}}
environment: {{{{image: mcr.microsoft.com/azureml/minimal-py311-inference}}}}
"""

FOLDERS: Final[dict[str, dict[str, str]]] = {
    "rollout": {
        "endpoints/online/endpoint.yml": _ENDPOINT.format("scoring"),
        "endpoints/online/sample/blue-deployment.yml": _DEPLOYMENT.format("blue"),
        "endpoints/online/sample/green-deployment.yml": _DEPLOYMENT.format("green"),
        "endpoints/online/model/model.pkl": "x",
        "endpoints/online/onlinescoring/score.py": _SCORE,
        "endpoints/online/environment/conda.yml": _CONDA,
        "deploy-rollout.sh": (
            "set -e\nexport ENDPOINT_NAME=endpt-`echo $RANDOM`\n"
            "az ml online-endpoint create --name $ENDPOINT_NAME -f endpoints/online/endpoint.yml\n"
            "az ml online-deployment create --name blue --endpoint-name $ENDPOINT_NAME \\\n"
            "  -f endpoints/online/sample/blue-deployment.yml --all-traffic\n"
            "status=`az ml online-endpoint show -n $ENDPOINT_NAME --query provisioning_state -o tsv`\n"
            "az ml online-deployment update --name blue --endpoint-name $ENDPOINT_NAME --set instance_count=2\n"
            "az ml online-deployment create --name green -e $ENDPOINT_NAME --endpoint $ENDPOINT_NAME \\\n"
            "  -f endpoints/online/sample/green-deployment.yml\n"
            'az ml online-endpoint update --name $ENDPOINT_NAME --mirror-traffic "green=10"\n'
            'az ml online-endpoint update --name $ENDPOINT_NAME --mirror-traffic "green=0" --traffic "blue=90 green=10"\n'
            "az ml online-endpoint invoke --name $ENDPOINT_NAME --request-file sample.json\n"
            "az ml online-endpoint delete --name $ENDPOINT_NAME --yes --no-wait\n"
        ),
    },
    "jobs": {
        **{f"jobs/{name}/job.yml": _JOB for name in ("iris", "penguins", "wine-quality")},
        "jobs/basics/hello.yml": _JOB,
        "setup.sh": "az ml compute create -n cpu-cluster --type amlcompute --min-instances 0 --max-instances 8\n",
        "run-job.sh": (
            "run_id=$(az ml job create -f $1 --query name -o tsv)\n"
            "az ml job create -f jobs/iris/job.yml --set inputs.word=bye --set display_name='an iris' tags.owner=$USER\n"
            "while [[ $status != 'Completed' ]]; do status=$(az ml job show -n $run_id --query status -o tsv); done\n"
        ),
    },
    "registry": {
        "model.yml": f"{_SCHEMAS}/model.schema.json\nname: bert\nversion: 3\ntype: custom_model\npath: model/\n",
        "model/weights.bin": "x",
        "deploy.yml": _DEPLOYMENT.format("blue")
        .replace("model: {path: ../model/}", "model: azureml://registries/shared/models/bert/versions/3")
        .replace("endpoint_name: scoring\n", "")
        .replace("../", "./"),
        "onlinescoring/score.py": _SCORE,
        "environment/conda.yml": _CONDA,
        "publish.sh": "az ml model create -f model.yml --registry-name shared\naz ml model list --registry-name shared -n bert\n",
    },
    "batch": {
        "endpoint.yml": f"{_SCHEMAS}/batchEndpoint.schema.json\nname: digits-batch\ndescription: scores digits\n",
        "deployment.yml": (
            f"{_SCHEMAS}/batchDeployment.schema.json\nname: digits\nendpoint_name: digits-batch\nmodel: {{path: ./model}}\n"
            "code_configuration: {code: code, scoring_script: batch_driver.py}\n"
            "environment: {conda_file: conda.yaml, image: mcr.microsoft.com/azureml/minimal-py311-inference}\n"
            "compute: azureml:batch-cluster\nresources: {instance_count: 1}\nmax_concurrency_per_instance: 2\nmini_batch_size: 10\n"
            "output_action: append_row\n"
        ),
        "model/digits.pkl": "x",
        "code/batch_driver.py": "def init():\n    pass\n\n\ndef run(mini_batch):\n    return mini_batch\n",
        "conda.yaml": _CONDA,
        "deploy.sh": (
            'ENDPOINT_NAME="<YOUR_ENDPOINT_NAME>"\nDEPLOYMENT_NAME="digits"\n'
            "az ml compute create -n batch-cluster --type amlcompute --min-instances 0 --max-instances 5\n"
            "az ml batch-endpoint create --file endpoint.yml --name $ENDPOINT_NAME\n"
            "az ml batch-deployment create --file deployment.yml --endpoint-name $ENDPOINT_NAME --set-default\n"
            "JOB_NAME=$(az ml batch-endpoint invoke --name $ENDPOINT_NAME --input data --query name -o tsv)\n"
            "az ml job stream -n $JOB_NAME\n"
            "az ml batch-endpoint update --name $ENDPOINT_NAME --set defaults.deployment_name=$DEPLOYMENT_NAME\n"
        ),
    },
    "pipeline": {
        "components/clean.yml": _COMPONENT.format(name="clean"),
        "components/train.YAML": _COMPONENT.format(name="train"),
        "pipeline.yml": (
            f"{_SCHEMAS}/pipelineJob.schema.json\ntype: pipeline\nsettings: {{default_compute: azureml:cpu-cluster}}\n"
            "inputs: {rows: {type: uri_folder, path: ./data}}\njobs:\n"
            "  clean: {component: ./components/clean.yml, inputs: {rows: '${{parent.inputs.rows}}'}}\n"
            "  train: {component: file:./components/train.YAML, inputs: {rows: '${{parent.jobs.clean.outputs.out}}'}}\n"
        ),
        "data/rows.csv": "x\n1\n",
        "README.md": "Run `az ml job create -f pipeline.yml`.\n",
    },
    "schedule": {
        "job.yml": _JOB,
        "cron.yml": (
            f"{_SCHEMAS}/schedule.schema.json\nname: nightly\ntrigger: {{type: cron, expression: '0 3 * * *', time_zone: UTC}}\n"
            "create_job: ./job.yml\n"
        ),
        "schedule.sh": (
            "az ml schedule create --file cron.yml --no-wait\naz ml schedule disable -n nightly\naz ml schedule enable --name nightly\n"
        ),
    },
    "templates": {
        "cluster.yml": (
            f"{_SCHEMAS}/amlCompute.schema.json\nname: <CLUSTER_NAME>\ntype: amlcompute\nsize: <VM_SIZE>\n"
            "max_instances: {{NODES}}\n"
        ),
        "data.yml": f"{_SCHEMAS}/data.schema.json\nname: rows\ntype: uri_file\npath: {{{{DATA_URL}}}}\n",
        "fill.sh": (
            "sed -i 's/<CLUSTER_NAME>/small-cluster/g' cluster.yml\nsed -i \"s@{{DATA_URL}}@$DATA_URL@\" data.yml\n"
            "az account set -s 11111111-2222-3333-4444-555555555555\naz configure --defaults group=ml-group workspace=ml-dev\n"
            "az ml compute create -f cluster.yml\naz ml data create -f data.yml --version 4\n"
        ),
    },
    "secrets": {
        "blob.yml": (
            f"{_SCHEMAS}/azureBlob.schema.json\nname: landing\ntype: azure_blob\naccount_name: acct\ncontainer_name: c\n"
            f"credentials:\n  account_key: {'Zm9vYmFy' * 10}AAAAAA==\n"
        ),
        "data.yml": f"{_SCHEMAS}/data.schema.json\nname: rows\ntype: uri_folder\npath: azureml://datastores/landing/paths/rows\n",
        "local.yml": f"{_SCHEMAS}/data.schema.json\nname: own\ntype: uri_file\npath: rows.csv\n",
        "rows.csv": "x\n1\n",
    },
    "workflow": {
        ".github/workflows/train.yml": (
            "name: train\non: push\nenv:\n  CLUSTER: cpu-cluster\njobs:\n  train:\n    runs-on: ubuntu-latest\n    steps:\n"
            "      - uses: actions/checkout@v4\n      - name: compute\n        run: |\n"
            "          az ml compute create --name ${{ env.CLUSTER }} --type amlcompute --max-instances 2 -g ${{ secrets.GROUP }}\n"
            "      - run: az ml job create -f jobs/train.yml --set compute=azureml:$CLUSTER --stream\n"
        ),
        "azure-pipelines.yml": (
            "trigger: [main]\nvariables:\n  version: 7\nsteps:\n"
            "  - task: AzureCLI@2\n    inputs:\n      scriptType: bash\n      inlineScript: |\n"
            "        az extension add -n ml\n        az ml data create -n rows --version $(version) --path data/rows.csv --type uri_file\n"
        ),
        "jobs/train.yml": _JOB,
        "data/rows.csv": "x\n1\n",
    },
    "strays": {
        "job.yml": f"{_SCHEMAS}/commandJob.schema.json\ncommand: python no.py\ncode: ./missing\nenvironment: {{image: host}}\n",
        "model.yml": f"{_SCHEMAS}/model.schema.json\nname: kept\ntype: custom_model\npath: azureml://jobs/job/outputs/model\n",
        "cluster.yml": f"{_SCHEMAS}/amlCompute.schema.json\nname: cpu\ntype: amlcompute\nsize: Standard_DS3_v2\n",
        "monitor.yml": f"{_SCHEMAS}/nobodyKnows.schema.json\nname: x\n",
        "conda.yml": _CONDA,
        "k8s.yml": "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80}]}\n",
        "config.yml": "name: settings\ntype: command\nlearning_rate: 0.1\nlayers: [1, 2]\n",
        "compose.yml": "services:\n  web: {image: nginx}\n",
        "broken.yml": f"{_SCHEMAS}/data.schema.json\nname: [\n",
        "empty.yml": "# nothing\n",
    },
}
