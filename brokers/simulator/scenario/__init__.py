"""What happens to a gateway besides what its clients do."""
