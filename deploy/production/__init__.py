"""What a deployment needs beside the product: its keys, its packages, and a look at whether its parts are well."""
