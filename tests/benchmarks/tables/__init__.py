"""One module for each kind of table that ``speed.py`` prints."""
