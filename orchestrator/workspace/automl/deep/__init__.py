"""AutoML on texts and images: neural networks, trained with the libraries of the extra ``deep``."""
