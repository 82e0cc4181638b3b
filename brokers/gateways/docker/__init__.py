"""Gateways in containers: one container, one private network and one volume of settings for each account."""
