
6
featuresPlaceholder*
dtype0*
shape:
!
opSoftplusfeatures*
T0