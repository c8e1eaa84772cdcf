
2
inputPlaceholder*
dtype0*
shape:
7
opStaticRegexFullMatchinput*
pattern	(?<x>a)