
:
inputPlaceholder*
dtype0*
shape:
+
opBatchSelfAdjointEigV2input*
T0