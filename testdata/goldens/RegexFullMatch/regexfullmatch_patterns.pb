
2
inputPlaceholder*
dtype0*
shape:
4
patternPlaceholder*
dtype0*
shape:
$
opRegexFullMatchinputpattern