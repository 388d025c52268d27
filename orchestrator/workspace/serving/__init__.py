"""Online endpoints of the embedded workspace: scoring servers, the router before them, and what keeps both running."""
