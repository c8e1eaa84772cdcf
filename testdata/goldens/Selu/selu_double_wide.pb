
5
featuresPlaceholder*
dtype0*
shape:7

opSelufeatures*
T0