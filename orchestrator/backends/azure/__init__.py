"""A workspace of Azure Machine Learning as a backend. The only importer of azure packages."""
