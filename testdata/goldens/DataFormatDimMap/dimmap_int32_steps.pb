
2
xPlaceholder*
dtype0*
shape
:
"
opDataFormatDimMapx*
T0