
6
featuresPlaceholder*
dtype0*
shape:
!
opSoftsignfeatures*
T0