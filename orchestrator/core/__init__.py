"""The nouns of amlctl and the ports between its stages. Imports nothing else of ours."""
