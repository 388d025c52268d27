"""Tells people what happened: webhooks in the shapes of several services, sent from threads of their own."""
