
2
inputPlaceholder*
dtype0*
shape:
4
opStaticRegexFullMatchinput*
patterna)(b