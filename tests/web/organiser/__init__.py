"""The organiser's pages, driven as a browser without JavaScript drives them."""
