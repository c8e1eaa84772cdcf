
5
featuresPlaceholder*
dtype0*
shape:
2
op	LeakyRelufeatures*
T0*
alpha%млл=