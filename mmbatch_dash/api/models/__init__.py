"""What the API answers and takes, as models: the document shows their schemas, tests hold answers to them."""
