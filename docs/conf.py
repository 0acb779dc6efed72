"""Sphinx settings for the web edition, which `make book` builds from this directory and the chapters."""

project = "Docker Networking by Experiment"
html_title = project
language = "en"
smartquotes = False  # commands contain --
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# The map is included in the first page; the others are measurements for maintainers.
exclude_patterns = ["course_map.md", "bench.md", "mutants.md", "soak.md"]

# Outputs are the committed ones: nothing is executed here.
nb_execution_mode = "off"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # load no script from elsewhere
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# Docstrings follow numpydoc; a name in single backquotes becomes a link if it can be resolved.
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "py:obj"
# Document each object once, where it is defined. Matplotlib adds its own method `set` to each subclass.
autodoc_default_options = {"members": True, "ignore-module-all": True, "exclude-members": "set"}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_use_index = False  # the search replaces it
html_domain_indices = False
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
