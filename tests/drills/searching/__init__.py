"""Where a secret is looked for, in which forms, and how it is shown that the search can see."""
