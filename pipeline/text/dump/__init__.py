"""MediaWiki exports: XML becomes pages, and wikitext the paragraphs that a reader sees."""
