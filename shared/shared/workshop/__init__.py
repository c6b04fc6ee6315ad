"""What starts servers, makes tokens and helps tests; nothing that a service needs to run."""
