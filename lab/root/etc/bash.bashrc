# For every interactive shell: the book's prompts, and no history kept.
PS1='\$ '
HISTFILE=
