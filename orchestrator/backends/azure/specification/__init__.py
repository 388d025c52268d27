"""What the REST specification of Azure Machine Learning allows, read from the models that azure-ai-ml is generated with.

In: a request (`core.service_rules.Asked`). Out: the rules that it breaks. Nothing is copied by hand but what Microsoft's documentation
says beside the specification (`documented`), so that the rules move with the installed client.
"""
