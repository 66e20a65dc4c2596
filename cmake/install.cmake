# completed by the packaging work
