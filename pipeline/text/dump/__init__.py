"""MediaWiki exports: XML to pages, wikitext to the paragraphs that a reader sees."""
