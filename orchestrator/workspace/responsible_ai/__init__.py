"""The programs of the Responsible AI components: `python -m orchestrator.workspace.responsible_ai TOOL --NAME VALUE …`.

They run as steps of a pipeline, in amlctl's own Python. The constructor keeps tables, model and predictions in a folder; each tool
reads that folder and writes what it has found; the gather step makes a page of all.
"""
