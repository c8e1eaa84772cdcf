
2
inputPlaceholder*
dtype0*
shape:
1
opStaticRegexFullMatchinput*
pattern(