
5
featuresPlaceholder*
dtype0*
shape:2

opElufeatures*
T0