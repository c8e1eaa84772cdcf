
3
startsPlaceholder*
dtype0*
shape:
3
limitsPlaceholder*
dtype0*
shape:
3
deltasPlaceholder*
dtype0*
shape:
2
opRaggedRangestartslimitsdeltas*
T0