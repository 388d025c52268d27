"""The embedded workspace behind the wire of Azure Resource Manager, for clients that were written for Azure."""
