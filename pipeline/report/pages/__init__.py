"""Pages for people: one self-contained HTML file each, their style and their parts."""
