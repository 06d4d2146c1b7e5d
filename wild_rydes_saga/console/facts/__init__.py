"""Facts about rides, as the console's page shows them. Nothing here has a card in it."""
