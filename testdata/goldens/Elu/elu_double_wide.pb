
5
featuresPlaceholder*
dtype0*
shape::

opElufeatures*
T0