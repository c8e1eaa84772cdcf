
:
inputPlaceholder*
dtype0*
shape:
)
opBatchSelfAdjointEiginput*
T0"
