
2
inputPlaceholder*
dtype0*
shape:
5
opStaticRegexFullMatchinput*
pattern(a)\1