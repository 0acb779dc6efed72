"""Sphinx's settings for the web edition, which `make book` builds from this directory and the chapters."""

project = "Docker Networking by Experiment"
html_title = project
language = "en"
smartquotes = False  # -- is a part of commands
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# A part of the first page, and what maintainers measure.
exclude_patterns = ["course_map.md", "bench.md", "soak.md"]

# Outputs are those that were committed: nothing is executed here.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # no script from outside
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# Docstrings follow numpydoc; a name in single backquotes is a link where it can be one.
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "py:obj"
# Each object once, where it is defined; Matplotlib gives each of its subclasses a method `set` of its own.
autodoc_default_options = {"members": True, "ignore-module-all": True, "exclude-members": "set"}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_use_index = False  # the search does that
html_domain_indices = False
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
