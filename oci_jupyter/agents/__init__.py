"""Actor, critic and the loop between them. They know a notebook only as a NotebookHost."""
