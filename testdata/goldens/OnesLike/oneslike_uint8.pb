
2
xPlaceholder*
dtype0*
shape
:

opOnesLikex*
T0