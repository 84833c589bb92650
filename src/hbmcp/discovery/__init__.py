"""How an assistant comes by the tools that aren't listed. Imported where the settings ask for it, and nowhere else."""
