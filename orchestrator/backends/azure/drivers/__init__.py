"""How each behaviour of kinds is driven through the client."""
