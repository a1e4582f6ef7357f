"""What happened to an account, as one page that needs nothing but a browser."""
