
.
xPlaceholder*
dtype0*
shape::

opAcosx*
T0