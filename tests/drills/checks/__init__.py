"""What the checker looks at. Each check is a function of the evidence, and yields a sentence for each thing wrong."""
