"""What the recipes share: corpora, simulation, networks, losses, schedule."""
