
9
featuresPlaceholder*
dtype0*
shape
:

opRelufeatures*
T0