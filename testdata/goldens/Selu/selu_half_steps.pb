
6
featuresPlaceholder*
dtype0*
shape:

opSelufeatures*
T0