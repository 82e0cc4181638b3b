"""Everything on one machine: the demo, the services that tests run on, and the stack that a browser drives."""
